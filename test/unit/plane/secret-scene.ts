import { secretOf } from '../../../src/adapter.ts'
import { type Logger, ModelspineError, type SecretStore } from '../../../src/index.ts'
import { collect, type PlaneFixture, planeFixture } from './plane-fixture.ts'

/** The secret that targets repeat. */
export const value = 'hunter2-and-more'
export const runtime = { secrets: { TOKEN: 'vault:token' } }
export const vault: SecretStore = { resolve: async () => secretOf(value) }
export const away: SecretStore = {
  resolve: async () => Promise.reject(new ModelspineError('secret-unavailable', 'the vault is away')),
}

/** A logger, and the lines that it got. */
export function recordedLogger(): { readonly logger: Logger; readonly lines: readonly unknown[] } {
  const lines: unknown[] = []
  const line = (fields: unknown, message: string) => void lines.push([fields, message])
  return { logger: { debug: line, info: line, warn: line, error: line }, lines }
}

/** What people can read of the deployment `digits`. */
export async function readable({
  plane,
  store,
  audit,
}: Pick<PlaneFixture, 'plane' | 'store' | 'audit'>): Promise<unknown[]> {
  return [
    await store.get('ModelDeployment', 'default/digits'),
    await plane.explain('digits'),
    plane.health(),
    await collect(audit.read()),
  ]
}

/** The parts of a process that may stop, so that the next one goes on with them. */
export function lasting(made: PlaneFixture = planeFixture()): PlaneFixture {
  const close = async (): Promise<void> => {}
  return { ...made, store: { ...made.store, close }, audit: { ...made.audit, close } }
}
