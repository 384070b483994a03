/**
 * The key with the highest priority is worked on first, but lower ones have a share of the turns. Keys of one
 * priority keep the order in which they were added.
 */
export type Priority = 0 | 1 | 2

/** A person's change goes before a look for drift, and a look for drift goes before a routine resync. */
export const priorities: { readonly resync: 0; readonly drift: 1; readonly user: 2 } = {
  resync: 0,
  drift: 1,
  user: 2,
}
