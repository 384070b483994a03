import { sagemakerRegistry } from 'modelspine/adapters/sagemaker'
import { describe, expect, it } from 'vitest'

const place = { region: 'eu-west-1' }

describe('the options of sagemakerRegistry', () => {
  it.each([
    [{ artifact: 'folder' }, 'artifact'],
    [{ metadata: { owner: '' } }, 'metadata.owner'],
    [{ metadata: { owner: 'a,b' } }, 'metadata.owner'],
    [{ metadata: { owner: 'same', classification: 'same' } }, 'metadata.classification'],
    [{ metadata: { metrics: 'modelspine.' } }, 'metadata.metrics'],
    [{ metadata: { owner: 'modelspine.facts.' } }, 'metadata.owner'],
    [{ aliasTags: '' }, 'aliasTags'],
    [{ aliasTags: 'aws:alias' }, 'aliasTags'],
    [{ aliasTags: 'x'.repeat(101) }, 'aliasTags'],
    [{ pollMs: 0 }, 'pollMs'],
    [{ pollMs: Number.NaN }, 'pollMs'],
    [{ region: 'Europe' }, 'region'],
  ])('%j is refused, and names the field', (options, field) => {
    expect(() => sagemakerRegistry({ ...place, ...options } as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options', details: expect.objectContaining({ field }) }),
    )
  })

  it('say what the registry can do', () => {
    expect(sagemakerRegistry(place).capabilities).toEqual({
      aliases: 'last-write-wins',
      approval: true,
      tags: true,
      register: false,
      changes: true,
    })
    const less = sagemakerRegistry({ ...place, aliasTags: false, pollMs: false })
    expect(less.capabilities).toMatchObject({ aliases: 'none', changes: false })
    expect([less.setAlias, less.changes]).toEqual([undefined, undefined])
  })
})
