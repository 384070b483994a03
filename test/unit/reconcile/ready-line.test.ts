import { describe, expect, it } from 'vitest'
import { type Linked, ReadyLine } from '../../../src/reconcile/ready-line.ts'

interface Item extends Linked<Item> {
  readonly name: string
}

function scene() {
  const line = new ReadyLine<Item>()
  const item = (name: string): Item => ({ name, before: undefined, after: undefined })
  const names = (): string[] => {
    const found: string[] = []
    for (let at = line.first; at !== undefined; at = at.after) found.push(at.name)
    return found
  }
  return { line, item, names }
}

describe('a ready line', () => {
  it('keeps the order when items leave from its ends and its middle', () => {
    const { line, item, names } = scene()
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(item) as [Item, Item, Item, Item]
    for (const each of [b, c, d]) line.push(each)
    line.pushFirst(a)
    expect(names()).toEqual(['a', 'b', 'c', 'd'])
    line.remove(b)
    expect(names()).toEqual(['a', 'c', 'd'])
    line.remove(d)
    line.remove(a)
    expect(names()).toEqual(['c'])
    line.push(a)
    line.remove(c)
    expect(names()).toEqual(['a'])
  })

  it('leaves no link in an item that is gone', () => {
    const { line, item } = scene()
    const [a, b, c] = ['a', 'b', 'c'].map(item) as [Item, Item, Item]
    for (const each of [a, b, c]) line.push(each)
    for (const each of [b, a, c]) {
      line.remove(each)
      expect(each).toMatchObject({ before: undefined, after: undefined })
    }
  })
})
