import type { LanguageModelV4 } from '@ai-sdk/provider'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharedUrls } from '../../../../src/ai-sdk/fallback/shared-urls.ts'

type Urls = Record<string, RegExp[]>
const shared = (...all: readonly unknown[]) =>
  sharedUrls(all.map((supportedUrls) => ({ supportedUrls }) as LanguageModelV4))

/** As the AI SDK reads it: by the beginning of the media type, and never by where an earlier match ended. */
function isUrlSupported(asked: { mediaType: string; url: string; supportedUrls: Urls }): boolean {
  const { mediaType, url, supportedUrls } = asked
  return Object.entries(supportedUrls).some(([key, patterns]) => {
    const type = key.toLowerCase()
    const isMatch =
      type === '*' ||
      type === '*/*' ||
      (type.endsWith('/*') ? `${mediaType}/`.startsWith(type.slice(0, -1)) : type === mediaType)
    return isMatch && patterns.some((pattern) => new RegExp(pattern.source, pattern.flags).test(url))
  })
}

const types = ['*', '*/*', 'image/*', 'image/png', 'IMAGE/JPEG', 'application/pdf']
const patterns = [
  /^https:/,
  /\.png$/,
  /^https:\/\/a\./i,
  /./,
  /^http:\/\/b/,
  /(a)\1/,
  /a/y,
  /b$/u,
  /(?<n>a)/,
  /a|b/,
]
const urls = ['https://a.com/x.png', 'https://b.com/aa', 'http://b/b', 'HTTPS://A.com/', '']

describe('the URLs that all models take', () => {
  it('are never more than each of them takes', () => {
    const given = fc.dictionary(
      fc.constantFrom(...types),
      fc.array(fc.constantFrom(...patterns), { maxLength: 3 }),
      {
        maxKeys: 3,
        noNullPrototype: true,
      },
    )
    fc.assert(
      fc.property(fc.array(given, { minLength: 1, maxLength: 3 }), (models) => {
        const all = shared(...models) as Urls
        for (const mediaType of ['image/png', 'image/jpeg', 'image', 'application/pdf', 'audio/wav'])
          for (const url of urls)
            if (isUrlSupported({ mediaType, url, supportedUrls: all }))
              for (const supportedUrls of models)
                expect([mediaType, url, isUrlSupported({ mediaType, url, supportedUrls })]).toEqual([
                  mediaType,
                  url,
                  true,
                ])
      }),
      { seed: 3, numRuns: 300 },
    )
  })

  it('of one model are its own', () => {
    const own = { 'image/*': [/^https:/] }
    expect(shared(own)).toEqual(own)
  })

  it('match the patterns of both, under the narrower type', () => {
    const all = shared(
      { 'image/*': [/^https:/, /^data:/] },
      { '*/*': [/\.png$/], 'image/gif': [/^https:/] },
    ) as Urls
    const takes = (mediaType: string, url: string) => isUrlSupported({ mediaType, url, supportedUrls: all })
    expect(takes('image/png', 'https://x/a.png')).toBe(true)
    expect(takes('image/png', 'https://x/a.gif')).toBe(false)
    expect(takes('image/png', 'http://x/a.png')).toBe(false)
    expect(takes('image/gif', 'https://x/a.gif')).toBe(true)
    expect(takes('text/plain', 'https://x/a.png')).toBe(false)
  })

  it('are a promise only when one is, and none when a model fails to tell', async () => {
    const own = { 'image/*': [/^https:/] }
    expect(await shared(own, Promise.resolve(own))).toEqual(own)
    expect(await shared(own, Promise.reject(new Error('down')))).toEqual({})
    const broken = {
      get supportedUrls(): Urls {
        throw new Error('down')
      },
    } as LanguageModelV4
    expect(sharedUrls([broken, { supportedUrls: own } as unknown as LanguageModelV4])).toEqual({})
  })
})
