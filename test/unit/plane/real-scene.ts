import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type ControlPlane, type ControlPlaneOptions, createControlPlane } from 'modelspine'
import { fileAuditLog, fileRegistry } from 'modelspine/adapters/file'
import { openInference } from 'modelspine/adapters/open-inference'
import { type ProcessTarget, processTarget } from 'modelspine/adapters/process'
import { type SqliteStore, sqliteStore } from 'modelspine/adapters/sqlite'

const server: string = fileURLToPath(new URL('./fixtures/faulty-server.mjs', import.meta.url))

export interface House {
  readonly plane: ControlPlane
  readonly store: SqliteStore
  readonly target: ProcessTarget
}

export interface Scene {
  /** A path in the scene's own folder. */
  at(name: string): string
  breaks(fault: string): void
  mends(fault: string): void
  register(...versions: string[]): Promise<void>
  open(options?: Partial<ControlPlaneOptions>, maxPages?: number): House
}

/** Real parts in a folder of their own: a SQLite file, child processes, a registry and an audit log. */
export function createScene(onTestFinished: (end: () => Promise<void>) => void): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'modelspine-faults-'))
  const at = (name: string): string => join(folder, name)
  const houses: House[] = []
  mkdirSync(at('faults'))
  onTestFinished(async () => {
    for (const { plane, target } of houses) {
      await plane.stop({ drainMs: 0 }).catch(() => {})
      // The stop does not wait for a target that needs longer.
      await target.close?.()
    }
    const last = processTarget({ folder: at('processes'), command: ['true', '{port}'], drainMs: 0 })
    await last.stopAll()
    await last.close()
    rmSync(folder, { recursive: true, maxRetries: 5 })
  })
  return {
    at,
    breaks: (fault) => writeFileSync(at(`faults/${fault}`), ''),
    mends: (fault) => rmSync(at(`faults/${fault}`)),
    async register(...versions) {
      const registry = fileRegistry({ path: at('models'), name: 'models' })
      writeFileSync(at('weights.json'), '{}')
      const files = [{ uri: pathToFileURL(at('weights.json')).href }]
      for (const version of versions) {
        await registry.register({
          name: 'digits',
          version,
          approval: 'approved',
          artifact: { kind: 'files', files },
        })
      }
    },
    open(options = {}, maxPages) {
      const store = sqliteStore({
        path: at('state.db'),
        pollMs: 50,
        ...(maxPages !== undefined && { maxPages }),
      })
      const target = processTarget({
        folder: at('processes'),
        command: [process.execPath, server, '{port}', at('faults')],
        health: { intervalMs: 50, timeoutMs: 2000 },
        drainMs: 2000,
      })
      const plane = createControlPlane({
        store,
        audit: fileAuditLog({ path: at('audit') }),
        registries: {
          models: fileRegistry({ path: at('models'), name: 'models', watch: 'poll', pollMs: 50 }),
        },
        targets: { local: target },
        connect: { 'open-inference': openInference },
        resyncMs: 200,
        routersLearnMs: 0,
        ...options,
      })
      const house = { plane, store, target }
      houses.push(house)
      return house
    },
  }
}

export async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (await condition()) return
    await pause(20)
  }
  throw new Error(`in 20 s it did not come true: ${what}`)
}
