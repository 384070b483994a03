import fc from 'fast-check'
import type { Key } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import {
  matchersText,
  type PromqlValues,
  promqlTemplate,
  upQuery,
} from '../../../adapters/prometheus/promql.ts'
import { anyText } from '../../any-text.ts'
import { unquoted } from './small-prometheus.ts'

const plain: PromqlValues = {
  deployment: 'risk/churn',
  revision: 'r1',
  rangeMs: 600_500,
  end: '1700000000.999',
}
const rendered = (text: string, values: Partial<PromqlValues> = {}): string =>
  promqlTemplate(text, 'query').render({ ...plain, ...values })

const both = 'd=$deployment,r=$revision'

/** The query without what stands in its strings, and what stands in them. */
function split(query: string): { readonly frame: string; readonly strings: readonly string[] } {
  const strings: string[] = []
  const frame = query.replace(/"((?:[^"\\\n]|\\[^\n])*)"|'((?:[^'\\\n]|\\[^\n])*)'/g, (_, double, single) => {
    strings.push(unquoted(double ?? single))
    return '""'
  })
  return { frame, strings }
}

describe('a template of PromQL', () => {
  it('has variables for the labels and for the interval', () => {
    expect(
      rendered(
        'sum(increase(a{d=$deployment, n = $namespace, m!=$name, r=~$revision}[$range])) / $seconds + x @ $end',
      ),
    ).toBe(
      'sum(increase(a{d="risk/churn", n = "risk", m!="churn", r=~"r1"}[600500ms])) / 600.5 + x @ 1700000000.999',
    )
  })

  it('has them within strings too, and with braces where a letter follows', () => {
    expect(rendered(`a{p=~"x-\${name}-.*",d='$deployment',r="$revision$"}[\${range}]`)).toBe(
      `a{p=~"x-churn-.*",d='risk/churn',r="r1$"}[600500ms]`,
    )
  })

  it.each([
    ['a"b', String.raw`a\"b`],
    ['a\\', String.raw`a\\`],
    ['a\nb\u0000\u007f', String.raw`a\x0ab\x00\x7f`],
    ["a'`b", "a'`b"],
    ['ü 模', 'ü 模'],
    ['\ud800', '\ufffd'],
  ])('keeps %j a text', (revision, written) => {
    expect(rendered(`a{${both}}[$range]`, { revision })).toBe(`a{d="risk/churn",r="${written}"}[600500ms]`)
  })

  it('escapes the quotes of the string that it stands in, and no others', () => {
    const revision = `'"`
    expect(rendered(`a{d=$deployment,r='$revision'}[$range]`, { revision })).toContain(String.raw`r='\'"'`)
    expect(rendered(`a{d=$deployment,r="$revision"}[$range]`, { revision })).toContain(String.raw`r="'\""`)
  })

  it('takes a value for itself where a regular expression is matched', () => {
    const revision = String.raw`.*|(a)[b]{2}^$+?\ `
    const regex = String.raw`\\.\\*\\|\\(a\\)\\[b\\]\\{2\\}\\^\\$\\+\\?\\\\ `
    for (const query of ['r=~$revision', 'r !~ $revision', 'r=~"$revision"', `r=~ # =\n '\${revision}'`]) {
      expect(rendered(`a{d=$deployment,${query}}[$range]`, { revision })).toContain(regex)
    }
    expect(rendered(`a{d=$deployment,r!="$revision"}[$range]`, { revision })).toContain(
      String.raw`r!=".*|(a)[b]{2}^$+?\\ "`,
    )
  })

  it('is changed by no value in more than its strings', () => {
    const templates = [
      `sum(a{${both}}[$range])`,
      `a{n="$namespace",m='x$name',r=~$revision} # it's "here" $revison\n[$range]`,
      `label_replace(a{d=$deployment,r!~"y\${revision}z"}[$range], "x", "$1", "y", "(.*)")`,
    ]
    const piece = anyText.filter((text) => text !== '').map((text) => text.replaceAll('/', '_'))
    fc.assert(
      fc.property(piece, piece, piece, (namespace, name, revision) => {
        for (const template of templates) {
          const query = rendered(template, { deployment: `${namespace}/${name}` as Key, revision })
          const expected = split(rendered(template))
          const { frame, strings } = split(query)
          expect(frame).toBe(expected.frame)
          expect(strings.length).toBe(expected.strings.length)
        }
        const { strings } = split(rendered(templates[0] ?? '', { revision }))
        expect(strings).toEqual(['risk/churn', revision.toWellFormed()])
        const [regex = ''] = split(rendered(`a{r=~$revision,d=$deployment}[$range]`, { revision })).strings
        expect(revision.toWellFormed()).toMatch(new RegExp(`^(?:${regex})$`, 's'))
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['', 'is no query'],
    [`a{${both}}`, 'has no $range'],
    ['a{d=$deployment}[$range]', 'has no $revision'],
    ['a{r=$revision}[$range]', 'has neither $deployment nor $name'],
    ['a{n=$namespace,r=$revision}[$range]', 'has neither $deployment nor $name'],
    [`a{${both},x=$revison}[$range]`, 'has $revison; the variables are $deployment'],
    [`a{${both},x="$revison"}[$range]`, 'has $revison; the variables are $deployment'],
    [`a{${both},x=$range}[$range]`, 'has $range in the wrong place'],
    [`a{${both},x="$range"}[$range]`, 'has $range in a string'],
    [`a{${both}}[$range] > $revision`, 'has $revision in the wrong place'],
    [`a{${both}}[$range] == $revision`, 'has $revision in the wrong place'],
    [`$name{${both}}[$range]`, 'has $name in the wrong place'],
    [`a{$name=$revision,d=$deployment}[$range]`, 'has $name in the wrong place'],
    [`a{d=$deployment,r=\`$revision\`}[$range]`, 'has $revision in a string'],
    [`label_replace(a{${both}}[$range], "x", "$name", "y", "z")`, 'has $name in a string'],
    [`a{${both}}[$range] # "$\n + "$revision"`, 'has $revision in a string'],
    [`a{${both},x="a"$revision}[$range]`, 'has $revision in the wrong place'],
    [`a{${both}}[$range] + $`, 'has a $ without a name'],
    [`a{${both}}[$range] + "y`, 'has a string that does not end'],
  ])('is refused when it is wrong: %s', (text, why) => {
    expect(() => promqlTemplate(text, 'metrics["x"].hits')).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        message: expect.stringContaining(`metrics["x"].hits ${why}`),
      }),
    )
  })

  it('is a counter when it is a range and nothing around it', () => {
    const is = (text: string): boolean => promqlTemplate(text, 'query').isCounter
    expect(is(`a{${both}}[$range]`)).toBe(true)
    expect(is(` {__name__="a",${both}}[ \${range} ] \n`)).toBe(true)
    for (const text of [
      `rate(a{${both}}[$range])`,
      `a{${both}}[$range] offset 1m`,
      `a{${both}}[$range:1m]`,
    ]) {
      expect(is(text), text).toBe(false)
    }
  })
})

describe('matchers that an app gives', () => {
  it('are kept as they are, and hold no variable', () => {
    const matchers = matchersText({ job: 'a"b\\', x: `$revision\${name}` }, 'matchers')
    expect(rendered(`a{${matchers},${both}}[$range]`)).toBe(
      String.raw`a{job="a\"b\\",x="\x24revision\x24{name}",d="risk/churn",r="r1"}[600500ms]`,
    )
  })

  it.each(['', 'a-b', '1a', 'a"', 'a=b', 'ü', 'a\n'])('have no label "%s"', (name) => {
    expect(() => matchersText({ [name]: 'x' }, 'matchers')).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    )
  })
})

describe('the question when targets were scraped', () => {
  it('takes their names for themselves', () => {
    const targets = [
      { job: 'a', instance: '10.0.0.1:80' },
      { job: 'a', instance: 'x"|y' },
    ]
    expect(upQuery(targets, 1500)).toBe(
      String.raw`up{job=~"a",instance=~"10\\.0\\.0\\.1:80|x\"\\|y"}[1500ms]`,
    )
  })
})
