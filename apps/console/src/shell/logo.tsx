/**
 * The mark: an apple whose core line is a pulse. Decorative; the name stands beside it or in a
 * label.
 */
export function Logo({ size = 26 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <path
        className="logo-apple"
        d="M16 10.2c-2.1-1.6-4.6-1.9-6.7-.8C6.4 10.9 5 14 5 17.4 5 23.3 9 29 12.6 29c1.3 0 2.2-.7 3.4-.7s2.1.7 3.4.7C23 29 27 23.3 27 17.400c0-3.4-1.4-6.5-4.3-8-2.1-1.1-4.6-.8-6.7.8z"
      />
      <path className="logo-leaf" d="M16.3 9.400c-.3-3.7 1.9-6.5 5.9-7 .5 3.9-1.9 6.7-5.9 7z" />
      <path className="logo-pulse" d="M9 19h3.600l2.2-4.6 2.7 8 2-3.400H23" />
    </svg>
  )
}
