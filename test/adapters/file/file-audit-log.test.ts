import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { type AuditLog, type AuditRecord, linkAll } from 'modelspine/adapter'
import { fileAuditLog } from 'modelspine/adapters/file'
import { auditLogConformance, createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { tryLock } from '../../../adapters/shared/process-lock.ts'
import { auditEntry as entry } from '../../audit-entry.ts'
import { draws } from '../../draws.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { collect } from '../../unit/collect.ts'
import { chainFiles, linesOf, writeLines } from './audit-fixture.ts'

for (const maxBytes of [undefined, 900]) {
  auditLogConformance({
    describe,
    it,
    name: maxBytes === undefined ? 'fileAuditLog' : 'fileAuditLog that rotates all the time',
    create() {
      const path = join(temporaryFolder(), 'audit')
      const opened: AuditLog[] = []
      const open = () => {
        const log = fileAuditLog({ path, ...(maxBytes === undefined ? {} : { maxBytes }) })
        opened.push(log)
        return log
      }
      const log = open()
      return {
        subject: {
          log,
          reopen: open,
          async tamper(sequence) {
            for (const file of chainFiles(path)) {
              const lines = linesOf(file)
              const changed = lines.map((line) =>
                (JSON.parse(line) as AuditRecord).sequence === sequence
                  ? line.replace('"ada"', '"eve"')
                  : line,
              )
              writeLines(file, changed)
            }
          },
        },
        async dispose() {
          for (const each of opened) await each.close?.()
        },
      }
    },
  })
}

/** A closed log of ten records. Four records fit in a file. The last two were appended together. */
async function writtenLog(maxBytes = 1700): Promise<{ path: string; files: readonly string[] }> {
  const path = join(temporaryFolder(), 'audit')
  const log = fileAuditLog({ path, maxBytes })
  for (let index = 1; index <= 8; index += 1) await log.append([entry(`event-${index}`)])
  await log.append([entry('event-9'), entry('event-10')])
  await log.close?.()
  return { path, files: chainFiles(path) }
}

const verify = (path: string) => fileAuditLog({ path }).verify()
const readAll = (path: string) => collect(fileAuditLog({ path }).read())

describe('fileAuditLog', () => {
  it('writes one canonical line for each record, in files named after their first record', async () => {
    const { path, files } = await writtenLog()
    expect(files.map((file) => basename(file))).toEqual([
      '000000000001.jsonl',
      '000000000005.jsonl',
      '000000000009.jsonl',
    ])
    expect(readdirSync(path).length).toBe(3)
    expect(files.flatMap(linesOf)).toHaveLength(10)
    expect(await verify(path)).toMatchObject({ ok: true, records: 10 })
  })

  it('does not touch the disk before the first append', async () => {
    const path = join(temporaryFolder(), 'audit')
    const log = fileAuditLog({ path })
    expect(await log.verify()).toMatchObject({ ok: true, records: 0 })
    expect(await collect(log.read())).toEqual([])
    expect(() => statSync(path)).toThrow('ENOENT')
  })

  it('reads from a record in the middle without opening the files before it', async () => {
    const { path, files } = await writtenLog()
    writeFileSync(files[0] ?? '', 'not looked at')
    const records = await collect(fileAuditLog({ path }).read({ fromSequence: 6 }))
    expect(records.map(({ sequence }) => sequence)).toEqual([6, 7, 8, 9, 10])
  })

  it('throws audit-broken when a reader meets a record that was changed', async () => {
    const { path, files } = await writtenLog()
    const [file = ''] = files
    writeFileSync(file, readFileSync(file, 'utf8').replace('event-3', 'event-X'))
    await expect(readAll(path)).rejects.toMatchObject({ code: 'audit-broken', details: { sequence: 3 } })
  })

  it.each([
    ['path', { path: '' }],
    ['path', {} as never],
    ['maxBytes', { path: 'x', maxBytes: 0 }],
    ['maxBytes', { path: 'x', maxBytes: 1.5 }],
  ])('refuses a wrong %s', (field, options) => {
    expect(() => fileAuditLog(options)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(field) }),
    )
  })

  it('refuses an entry that is too long for a line', async () => {
    const log = fileAuditLog({ path: join(temporaryFolder(), 'audit') })
    await expect(log.append([entry('long', { text: 'x'.repeat(16 * 1024 * 1024) })])).rejects.toThrow(
      TypeError,
    )
    await log.append([entry('short')])
    expect(await log.verify()).toMatchObject({ ok: true, records: 1 })
    await log.close?.()
  })
})

describe('verifying a log that somebody changed', () => {
  it('names a record that was removed', async () => {
    const { path, files } = await writtenLog()
    const [file = ''] = files
    writeLines(file, linesOf(file).toSpliced(1, 1))
    const verdict = {
      ok: false,
      records: 1,
      sequence: 2,
      reason: 'record 2 is missing: record 3 stands in its place',
    }
    expect(await verify(path)).toEqual(verdict)
  })

  it('names the first of two records that were swapped', async () => {
    const { path, files } = await writtenLog()
    const [first = '', second = '', third = '', ...rest] = linesOf(files[0] ?? '')
    writeLines(files[0] ?? '', [first, third, second, ...rest])
    expect(await verify(path)).toMatchObject({ ok: false, sequence: 2 })
  })

  it('names the first record of a missing file', async () => {
    for (const [index, sequence] of [1, 5, 9].entries()) {
      const { path, files } = await writtenLog()
      rmSync(files[index] ?? '')
      const known = await writtenHead()
      const verdict = await fileAuditLog({ path }).verify({ anchor: known })
      expect(verdict).toMatchObject({ ok: false, sequence })
    }
  })

  it('names the first missing record of a file that was cut short, between records or within a record', async () => {
    const { path, files } = await writtenLog()
    const [file = ''] = files
    const [first = '', second = ''] = linesOf(file)
    truncateSync(file, first.length + second.length + 2)
    expect(await verify(path)).toMatchObject({
      ok: false,
      sequence: 3,
      reason: expect.stringContaining('missing'),
    })
    truncateSync(file, first.length + 10)
    expect(await verify(path)).toMatchObject({
      ok: false,
      sequence: 2,
      reason: expect.stringContaining('cut short'),
    })
  })

  it('sees a cut at the very end when it has an anchor or wrote the record itself', async () => {
    const { path, files } = await writtenLog()
    const anchor = await fileAuditLog({ path }).verify()
    const log = fileAuditLog({ path })
    await log.append([entry('event-11')])
    const last = files.at(-1) ?? ''
    const size = statSync(last).size
    truncateSync(last, size - 1 - (linesOf(last).at(-1) ?? '').length)
    expect(await log.verify()).toMatchObject({ ok: false, sequence: 11 })
    await log.close?.()
    expect(await log.verify()).toMatchObject({ ok: false, sequence: 11 })
    expect(await verify(path)).toMatchObject({ ok: true, records: 10 })
    if (!anchor.ok) throw new Error(anchor.reason)
    expect(await fileAuditLog({ path }).verify({ anchor })).toMatchObject({ ok: true })
    rmSync(last)
    expect(await verify(path)).toMatchObject({ ok: true, records: 8 })
    expect(await fileAuditLog({ path }).verify({ anchor })).toMatchObject({ ok: false, sequence: 9 })
  })

  it('sees that a chain was written anew when it has an anchor', async () => {
    const anchor = await writtenHead()
    const path = join(temporaryFolder(), 'audit')
    const log = fileAuditLog({ path })
    for (let index = 1; index <= 12; index += 1) await log.append([entry(`other-${index}`)])
    await log.close?.()
    expect(await verify(path)).toMatchObject({ ok: true })
    expect(await fileAuditLog({ path }).verify({ anchor })).toMatchObject({ ok: false, sequence: 10 })
  })

  it('names the first missing record of an append that was written only in part', async () => {
    const { path, files } = await writtenLog()
    const last = files.at(-1) ?? ''
    truncateSync(last, (linesOf(last)[0] ?? '').length + 1)
    expect(await verify(path)).toMatchObject({
      ok: false,
      sequence: 10,
      reason: expect.stringContaining('append'),
    })
  })

  it('finds every change of a single byte', async () => {
    const { path, files } = await writtenLog()
    const originals = files.map((file) => readFileSync(file))
    const bytes = originals.flatMap((content, file) => Array.from(content, (_, at) => ({ file, at })))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bytes),
        fc.integer({ min: 1, max: 255 }),
        async ({ file, at }, flip) => {
          const original = originals[file] ?? Buffer.alloc(0)
          const changed = Buffer.from(original)
          changed[at] = (changed[at] ?? 0) ^ flip
          writeFileSync(files[file] ?? '', changed)
          const verdict = await verify(path)
          writeFileSync(files[file] ?? '', original)
          const before = originals
            .slice(0, file)
            .map((content) => content.toString())
            .join('')
          const sequence = (before + original.toString('latin1', 0, at)).split('\n').length
          expect(verdict).toMatchObject({ ok: false, sequence })
        },
      ),
      { numRuns: draws(60, 300) },
    )
    expect((await verify(path)).ok).toBe(true)
  })

  it('finds every byte that was inserted or removed', async () => {
    const { path, files } = await writtenLog(1_000_000)
    const [file = ''] = files
    const original = readFileSync(file)
    const place = fc.integer({ min: 0, max: original.length - 1 })
    await fc.assert(
      fc.asyncProperty(place, fc.option(fc.integer({ min: 0, max: 255 })), async (at, put) => {
        const rest = original.subarray(put === null ? at + 1 : at)
        writeFileSync(
          file,
          Buffer.concat([original.subarray(0, at), Buffer.from(put === null ? [] : [put]), rest]),
        )
        expect((await verify(path)).ok).toBe(false)
      }),
      { numRuns: draws(40, 200) },
    )
  })
})

describe('recovering a log that was cut off', () => {
  it('drops a torn append, cut at any byte, and records how much was dropped', async () => {
    const { path, files } = await writtenLog()
    const last = files.at(-1) ?? ''
    const whole = readFileSync(last)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (kept) => {
        writeFileSync(last, whole.subarray(0, kept))
        expect((await verify(path)).ok).toBe(false)
        const log = fileAuditLog({ path, clock: createFakeClock() })
        await log.append([entry('event-9'), entry('event-10'), entry('event-8')])
        await log.close?.()
        const records = await readAll(path)
        expect(records.map(({ id }) => id).filter((id) => id.startsWith('event'))).toEqual(
          Array.from({ length: 10 }, (_, index) => `event-${index + 1}`),
        )
        const droppedRecords = whole.subarray(0, kept).filter((byte) => byte === 10).length
        expect(records.find(({ action }) => action === 'log-recovered')).toMatchObject({
          sequence: 9,
          atMs: createFakeClock().now(),
          actor: { name: 'modelspine' },
          details: { file: basename(last), droppedBytes: kept, droppedRecords },
        })
        expect(await verify(path)).toMatchObject({ ok: true, records: 11 })
      }),
      { numRuns: draws(10, 40) },
    )
  })

  it('appends to a last file that is empty', async () => {
    const { path, files } = await writtenLog()
    const last = files.at(-1) ?? ''
    truncateSync(last, 0)
    expect(await verify(path)).toMatchObject({ ok: true, records: 8 })
    const log = fileAuditLog({ path })
    await log.append([entry('event-9')])
    await log.close?.()
    expect(chainFiles(path)).toEqual(files)
    expect(await verify(path)).toMatchObject({ ok: true, records: 9 })
  })

  it('refuses to append to a broken chain, and says where the chain is broken', async () => {
    const { path, files } = await writtenLog()
    const [file = ''] = files
    const original = readFileSync(file, 'utf8')
    writeFileSync(file, original.replace('event-2', 'event-X'))
    const log = fileAuditLog({ path })
    await expect(log.append([entry('new')])).rejects.toMatchObject({
      code: 'audit-broken',
      retryable: false,
      details: { sequence: 2 },
    })
    writeFileSync(file, original)
    await log.append([entry('new')])
    expect(await log.verify()).toMatchObject({ ok: true, records: 11 })
    await log.close?.()
  })

  it('drops nothing from the end of a file that is not the last', async () => {
    const { path, files } = await writtenLog()
    const [file = ''] = files
    const cut = readFileSync(file).subarray(0, -5)
    writeFileSync(file, cut)
    const log = fileAuditLog({ path })
    await expect(log.append([entry('new')])).rejects.toMatchObject({
      code: 'audit-broken',
      details: { sequence: 4 },
    })
    expect(readFileSync(file)).toEqual(cut)
    await log.close?.()
  })

  it('is left to the writer: other logs see only finished appends, and wait before they append', async () => {
    const { path, files } = await writtenLog()
    const last = files.at(-1) ?? ''
    const records = await readAll(path)
    const writing = await tryLock(path, 'writer', 'another')
    if (writing.kind === 'held') throw new Error('nobody else writes')
    const head = { records: records.length, head: records.at(-1)?.hash ?? '' }
    const [first, second] = linkAll([entry('a'), entry('b')], head)
    const reader = fileAuditLog({ path })
    for (const underWay of [`${first?.line}\n`, (second?.line ?? '').slice(0, 20)]) {
      appendFileSync(last, underWay)
      expect(await reader.verify()).toEqual({ ok: true, ...head })
      expect(await collect(reader.read())).toEqual(records)
    }
    const clock = createFakeClock()
    const waiting = fileAuditLog({ path, clock }).append([entry('c')])
    let refused: unknown
    waiting.catch((error: unknown) => {
      refused = error
    })
    while (refused === undefined) await clock.advance(100)
    expect(refused).toMatchObject({ code: 'audit-unavailable', details: { pid: process.pid } })
    expect(clock.monotonic()).toBeGreaterThanOrEqual(5000)
    await writing.lock.release()
    expect(await reader.verify()).toMatchObject({ ok: false, sequence: 12 })
  })

  it('refuses to append after a stranger changed the file or removed it', async () => {
    const { path, files } = await writtenLog()
    const log = fileAuditLog({ path })
    await log.append([entry('mine')])
    const last = files.at(-1) ?? ''
    appendFileSync(last, 'x\n')
    await expect(log.append([entry('next')])).rejects.toMatchObject({ code: 'audit-broken' })
    rmSync(last)
    await expect(log.append([entry('next')])).rejects.toMatchObject({ code: 'audit-broken' })
    expect(await log.verify()).toMatchObject({ ok: false })
    await log.close?.()
  })

  it('removes the temporary file of a recovery that was killed', async () => {
    const { path } = await writtenLog()
    writeFileSync(join(path, '.000000000009.jsonl.01x.tmp'), 'half')
    const log = fileAuditLog({ path })
    await log.append([entry('new')])
    await log.close?.()
    expect(readdirSync(path).filter((name) => name.startsWith('.'))).toEqual([])
  })
})

describe('a folder that cannot be written', () => {
  it('makes append fail with audit-unavailable until the folder can be written', async () => {
    const folder = temporaryFolder()
    const parent = join(folder, 'parent')
    writeFileSync(parent, 'a file where a folder should be')
    const log = fileAuditLog({ path: join(parent, 'audit') })
    await expect(log.append([entry('a')])).rejects.toMatchObject({
      code: 'audit-unavailable',
      retryable: true,
    })
    rmSync(parent)
    mkdirSync(parent)
    await log.append([entry('a')])
    expect(await log.verify()).toMatchObject({ ok: true, records: 1 })
    await log.close?.()
  })
})

async function writtenHead(): Promise<{ records: number; head: string }> {
  const verdict = await verify((await writtenLog()).path)
  if (!verdict.ok) throw new Error(verdict.reason)
  return verdict
}

describe('a chain that version 0.1 wrote', () => {
  const copy = (): string => {
    const path = join(temporaryFolder(), 'audit')
    cpSync(join(import.meta.dirname, 'fixtures/chain-of-0.1'), path, { recursive: true })
    return path
  }

  it('is verified, and goes on with records that have a version', async () => {
    const path = copy()
    const log = fileAuditLog({ path })
    const head = '2096aee6f35250b19ab02e2590df91bb6d2d1854de0900149cc87f695c94674d'
    expect(await log.verify()).toEqual({ ok: true, records: 4, head })
    await log.append([entry('new', { 9: 'nine', 10: 'ten' })])
    expect(await log.verify({ anchor: { records: 4, head } })).toMatchObject({ ok: true, records: 5 })
    expect((await collect(log.read())).map(({ version }) => version)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      2,
    ])
    await log.close?.()
    expect(await fileAuditLog({ path }).verify()).toMatchObject({ ok: true, records: 5 })
  })

  it('has one spelling for each record: that which was hashed', async () => {
    const path = copy()
    const [file = ''] = chainFiles(path)
    const [first = '', ...others] = linesOf(file)
    const sorted = first.replace(
      '{"9":"nine","10":"ten","-":"sign","a":"letter"}',
      '{"-":"sign","10":"ten","9":"nine","a":"letter"}',
    )
    expect(sorted).not.toBe(first)
    writeLines(file, [sorted, ...others])
    expect(await fileAuditLog({ path }).verify()).toMatchObject({
      reason: 'record 1 is not spelled as it was written',
    })
  })
})
