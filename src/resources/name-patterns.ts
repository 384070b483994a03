/** How names are written in resources. Free of zod, so that `createControlPlane` can check its options at once. */

/** Names of gates, policies, targets, metric sources and providers. */
export const plainName: RegExp = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/

export const plainNameRight = 'a name: letters, digits, ".", "_" and "-", at most 63 characters'

/** A model as callers write it: `gpt-4.1-mini`, `Llama-3-8B`, `org/model`, `o3:latest`. */
export const modelName: RegExp =
  /^[.]*[A-Za-z0-9@_:+~=,-][A-Za-z0-9@._:+~=,-]*(\/[.]*[A-Za-z0-9@_:+~=,-][A-Za-z0-9@._:+~=,-]*)*$/

export const longestModelName = 256

export const modelNameRight =
  'a model\'s name: letters, digits and any of @ . _ - : + ~ = , in parts with "/" between them, at most 256 characters'

export const registryName: RegExp = /^[^\s/]+$/

export const registryNameRight = 'a registry\'s name, without "/" or spaces'
