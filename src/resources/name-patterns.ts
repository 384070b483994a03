/** How names are written in resources. Free of zod, so that `createControlPlane` can check its options at once. */

/** Names of gates, policies, targets, metric sources and providers. */
export const plainName: RegExp = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/

export const plainNameRight = 'a name: letters, digits, ".", "_" and "-", at most 63 characters'

export const registryName: RegExp = /^[^\s/]+$/

export const registryNameRight = 'a registry\'s name, without "/" or spaces'
