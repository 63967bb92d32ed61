const ROLES = ['viewer', 'analyst', 'responder', 'engineer', 'admin'] as const

/** Whether a role may do what another may: for what is offered; the server decides anyhow. */
export function covers(role: string, needed: (typeof ROLES)[number]): boolean {
  return ROLES.findIndex((one) => one === role) >= ROLES.indexOf(needed)
}
