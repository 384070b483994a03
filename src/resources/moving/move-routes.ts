import type { Moved, MovingOptions, PortkeyMovingOptions } from './moved.ts'

/**
 * Makes routes of a config of LiteLLM's proxy: its YAML, or the object that was read from it. Nothing is dropped in
 * silence: each field is told in `carried` or `left`. No secret is in the result. Throws `invalid-resource` when the text
 * cannot be read or is no object.
 */
export async function routesFromLitellm(
  source: string | object,
  options: MovingOptions = {},
): Promise<Moved> {
  const { moveLitellm } = await import('./litellm/routes-from-litellm.ts')
  return moveLitellm(source, options)
}

/**
 * Makes routes of a config of Portkey's gateway: its JSON, or the object. What a route cannot say with the same meaning,
 * such as a choice by weight among fallbacks, is told in `left`. No secret is in the result. Throws `invalid-resource` when
 * the text cannot be read or is no object.
 */
export async function routesFromPortkey(
  source: string | object,
  options: PortkeyMovingOptions = {},
): Promise<Moved> {
  const { movePortkey } = await import('./portkey/routes-from-portkey.ts')
  return movePortkey(source, options)
}
