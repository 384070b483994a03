import { isModelspineError } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { type ProcessTargetOptions, processTarget } from '../../../adapters/process/index.ts'
import { checkOptions } from '../../../adapters/process/settings/options.ts'

const options: ProcessTargetOptions = { folder: '/tmp/x', command: ['serve', '--port', '{port}'] }

describe('the options of processTarget', () => {
  it.each<[string, Partial<ProcessTargetOptions>]>([
    ['folder', { folder: 'relative' }],
    ['folder', { folder: undefined as never }],
    ['command', { command: 'serve {port}' as never }],
    ['journal', { journal: 'journal.jsonl' }],
    ['workingFolder', { workingFolder: '.' }],
    ['command', { command: [''] }],
    ['command', { command: ['serve'] }],
    ['command[1]', { command: ['serve', '{modle}', '{port}'] }],
    ['env.MODEL', { env: { MODEL: '{file}' } }],
    ['health.path', { health: { path: 'ready' } }],
    ['health.intervalMs', { health: { intervalMs: 0 } }],
    ['health.failures', { health: { failures: Number.NaN } }],
    ['restart.attempts', { restart: { attempts: 0 } }],
    ['drainMs', { drainMs: -1 }],
    ['logBytes', { logBytes: 10 }],
    ['maxRevisions', { maxRevisions: 0 }],
    ['modelName', { modelName: '{nothing}' }],
    ['ports', { ports: { from: 9, to: 8 } }],
  ])('are refused with the name of the wrong field: %s in %j', (field, wrong) => {
    expect(() => processTarget({ ...options, ...wrong })).toThrow(
      expect.toSatisfy(
        (error: unknown) =>
          isModelspineError(error, 'invalid-options') && error.message.startsWith(`${field}:`),
      ),
    )
  })

  it('may give the port in the environment instead of the command', () => {
    expect(() => processTarget({ ...options, command: ['serve'], env: { PORT: '{port}' } })).not.toThrow()
  })

  it('are refused on Windows', () => {
    expect(() => checkOptions(options, 'win32')).toThrow(
      expect.toSatisfy((error: unknown) => isModelspineError(error, 'unsupported')),
    )
  })
})
