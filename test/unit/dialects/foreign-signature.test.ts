import fc from 'fast-check'
import { markSignature, readSignature } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'

const vendor = fc.constantFrom('anthropic', 'bedrock', 'google', 'openai')

describe('a signature in the format of another vendor', () => {
  it('comes back with its vendor, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), vendor, vendor, (signature, signedBy, own) => {
        fc.pre(!signature.startsWith('modelspine:'))
        const text = markSignature({ signature, signedBy }, own)
        expect(readSignature(text ?? '', own)).toEqual({ signature, signedBy })
      }),
    )
  })

  it('is as the vendor wrote it in the vendor’s own format', () => {
    expect(markSignature({ signature: 'a:b', signedBy: 'google' }, 'google')).toBe('a:b')
    expect(markSignature({ signature: 'a:b' }, 'google')).toBe('a:b')
    expect(markSignature({ signedBy: 'google' }, 'openai')).toBeUndefined()
    expect(readSignature('modelspine:', 'google')).toEqual({ signature: 'modelspine:', signedBy: 'google' })
  })
})
