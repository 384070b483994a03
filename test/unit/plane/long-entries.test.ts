import { fileAuditLog } from 'modelspine/adapters/file'
import { describe, expect, it } from 'vitest'
import { allow, deny, rule, rulesPolicy } from '../../../src/index.ts'
import { createAuditEnd } from '../../../src/plane/wiring/audit/audit-end.ts'
import { createAuditPump } from '../../../src/plane/wiring/audit/audit-pump.ts'
import { memoryStore } from '../../../src/store/memory-store.ts'
import { silentLogger } from '../../../src/telemetry/logger.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { created, entry } from '../../../src/testing/state-store/subject.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { ann, collect, digits, planeFixture, registerVersions } from './plane-fixture.ts'

describe('an audit entry that is too long', () => {
  it('is cut when the plane makes it', async () => {
    const advice = rule('advice', {
      on: ['deploy', 'promote'],
      level: 'advisory',
      check: (request) => (request.action === 'deploy' ? deny('x'.repeat(17 << 20)) : allow()),
    })
    const fixture = planeFixture({ plane: { policies: [rulesPolicy('p', [advice])] } })
    const { plane, registry, audit, clock } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(1000)
    const applied = (await collect(audit.read())).find(({ action }) => action === 'deployment-applied')
    expect(applied?.details).toMatchObject({
      findings: [{ message: expect.stringMatching(/cut from 17825792 characters/) }],
      truncated: { bytes: expect.any(Number) },
    })
    expect(JSON.stringify(applied).length).toBeLessThan(10_000)
    await plane.stop()
  })

  it('has a stand-in in a log of files, and the entries around it are recorded', async () => {
    const clock = createFakeClock()
    const store = memoryStore({ clock })
    const audit = fileAuditLog({ path: `${temporaryFolder()}/audit`, clock })
    const lease = await store.acquireLease('loop', 'me', 60_000)
    const fence = { lease: 'loop', fence: lease?.fence ?? 0 }
    const end = createAuditEnd({ store, audit })
    const pump = createAuditPump({ store, audit, end, clock, logger: silentLogger, fence: () => fence })
    await created(store, 'a', { events: () => [entry('1')] })
    await created(store, 'b', { events: () => [entry('2', { text: 'x'.repeat(17 << 20) })] })
    await created(store, 'c', { events: () => [entry('3')] })
    await pump.drain()
    const records = await collect(audit.read())
    expect(records.map(({ id }) => id)).toEqual(['1', '2', '3'])
    expect(records[1]?.details).toMatchObject({ omitted: { reason: expect.stringMatching(/longer than/) } })
    expect(await audit.verify()).toMatchObject({ ok: true, records: 3 })
    expect(await store.readEvents(1)).toEqual([])
    await audit.close?.()
  })
})
