/** How many events of a type pass: so many a second, and so many more after a quiet while. */
export interface TypeBudget {
  readonly perSecond: number
  readonly burst: number
}

/**
 * Budgets that ship: types that come in storms and of which a part tells as much as all. Types that
 * count for ransomware and theft have none.
 */
export const TYPE_BUDGETS: Readonly<Record<string, TypeBudget>> = {
  close: { perSecond: 500, burst: 5_000 },
  setextattr: { perSecond: 200, burst: 2_000 },
  setmode: { perSecond: 200, burst: 2_000 },
  signal: { perSecond: 200, burst: 2_000 },
}

interface Account {
  readonly budget: TypeBudget
  credit: number
  second: number
}

// RFC 3339 up to the seconds.
const SECOND_LENGTH = 19

/**
 * Holds types to their budgets by the time of the events themselves, so that a stream read again is
 * cut the same. Time that goes back gives nothing.
 */
export class Budgets {
  readonly #accounts = new Map<string, Account>()
  #secondText = ''
  #second = 0

  constructor(budgets: Readonly<Record<string, TypeBudget>>) {
    for (const [type, budget] of Object.entries(budgets)) {
      this.#accounts.set(type, { budget, credit: budget.burst, second: 0 })
    }
  }

  /** Takes one event of a type off its budget; false when that is spent. */
  take({ type, time }: { readonly type: string; readonly time: string }): boolean {
    const account = this.#accounts.get(type)
    if (account === undefined) return true
    this.#refill(account, time)
    if (account.credit < 1) return false
    account.credit -= 1
    return true
  }

  #refill(account: Account, time: string): void {
    if (!time.startsWith(this.#secondText) || this.#secondText === '') {
      this.#secondText = time.slice(0, SECOND_LENGTH)
      const ms = Date.parse(`${this.#secondText}Z`)
      if (!Number.isNaN(ms)) this.#second = ms / 1_000
    }
    if (this.#second <= account.second) return
    const { perSecond, burst } = account.budget
    const earned = account.second === 0 ? burst : (this.#second - account.second) * perSecond
    account.credit = Math.min(burst, account.credit + earned)
    account.second = this.#second
  }
}
