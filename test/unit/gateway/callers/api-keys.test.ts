import { describe, expect, it } from 'vitest'
import { apiKeys } from '../../../../src/gateway/index.ts'
import { sha256 } from '../../../../src/hash.ts'

const info = { method: 'GET', path: '/v2' }

describe('keys of callers', () => {
  const authenticate = apiKeys({
    ada: sha256('key-of-ada'),
    team: [sha256('old-key').toUpperCase(), sha256('new-key')],
  })

  it.each([
    [{ authorization: 'Bearer key-of-ada' }, 'ada'],
    [{ authorization: 'bearer  old-key' }, 'team'],
    [{ 'x-api-key': 'new-key' }, 'team'],
    [{ authorization: 'Bearer key-of-ad' }, undefined],
    [{ authorization: `Bearer ${sha256('key-of-ada')}` }, undefined],
    [{ authorization: 'Basic key-of-ada' }, undefined],
    [{ authorization: 'Bearer ', 'x-api-key': '' }, undefined],
    [{}, undefined],
  ])('name the actor: %o', async (headers, name) => {
    expect(await authenticate(headers, info)).toEqual(name === undefined ? null : { name })
  })

  it.each(['key-of-ada', sha256('x').slice(1), '', 7 as never])(
    'are refused where a hash belongs, without being shown: %s',
    (given) => {
      const wrong = (): unknown => apiKeys({ ada: [sha256('right'), given] })
      expect(wrong).toThrow(expect.objectContaining({ code: 'invalid-options' }))
      expect(wrong).toThrow(/^keys\.ada is no SHA-256: write the 64 hexadecimal digits/)
      expect(wrong).not.toThrow(/key-of-ada/)
    },
  )
})
