/** Which key is worked on first; the order within one priority is that of the adds. */
export type Priority = 0 | 1 | 2

/** A person's change goes before a look for drift, and that before a routine resync. */
export const priorities: { readonly resync: 0; readonly drift: 1; readonly user: 2 } = {
  resync: 0,
  drift: 1,
  user: 2,
}
