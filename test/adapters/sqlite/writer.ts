/** A process that writes until it is killed (`writer.ts PATH`) or TIMES times (`writer.ts PATH TIMES`). */

import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { isModelspineError } from 'modelspine/adapter'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import { deployment, entry, key, kind, put } from '../../../src/testing/state-store/subject.ts'

flushCompileCache()

const [path = '', times = 'Infinity'] = process.argv.slice(2)
const store = sqliteStore({ path })
/** Long enough to span several pages, so that half a write would be seen. */
const ballast = 'x'.repeat(9000)

/** Several writers race to create the file and the object. */
async function create(): Promise<void> {
  try {
    await store.putSpec(deployment('churn'), put({ expect: 'absent' }))
  } catch (error) {
    if (!isModelspineError(error, 'conflict')) throw error
  }
}

async function declare(count: number): Promise<void> {
  const events = () => [entry(`declared-${count}`)]
  await store.putSpec(deployment('churn', String(count)), put({ events }))
}

/** Raises the stored count by one. Gives false when another writer was quicker. */
async function countUp(): Promise<boolean> {
  const stored = await store.get(kind, key('churn'))
  if (stored === null) throw new Error('nothing to write to')
  const count = ((stored.status as { count: number } | undefined)?.count ?? 0) + 1
  try {
    const events = [entry(`before-${count}`, { ballast }), entry(`counted-${count}`, { count })]
    const options = { expect: stored.version, events }
    await store.putStatus(kind, key('churn'), { count, ballast }, options)
  } catch (error) {
    if (isModelspineError(error, 'conflict')) return false
    throw error
  }
  writeSync(1, `${count}\n`)
  if (count % 3 === 0) await declare(count)
  return true
}

await create()
for (let done = 0; done < Number(times); ) if (await countUp()) done += 1
await store.close()
