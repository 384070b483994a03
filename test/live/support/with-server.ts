import { describe, inject, it } from 'vitest'
import type { AddressOf, ServerName } from '../servers/index.ts'

/** What the setup tells the suites about a server. */
export type ServerState = { readonly address: object } | { readonly missing: string }

declare module 'vitest' {
  export interface ProvidedContext {
    readonly servers: Readonly<Record<string, ServerState>>
  }
}

/**
 * The tests that need a server. The setup starts a server because a chosen file has `withServer('NAME'`, so write the
 * name right there. The server is shared by all suites: give what you create on it names of your own. Without the server
 * the tests are skipped with the reason; in CI the file fails, because there every server must run.
 */
export function withServer<Name extends ServerName>(
  name: Name,
  suite: (address: AddressOf<Name>) => void,
): void {
  const state = inject('servers')[name]
  if (state === undefined)
    throw new Error(`${name} was not started: write withServer('${name}', …) in the file`)
  if ('address' in state) {
    suite(state.address as AddressOf<Name>)
    return
  }
  if (process.env.CI) throw new Error(state.missing)
  describe.skip(name, () => it(state.missing, () => {}))
}
