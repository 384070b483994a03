import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Priority } from '../../../src/reconcile/priority.ts'
import { PriorityLines } from '../../../src/reconcile/priority-lines.ts'
import type { Linked } from '../../../src/reconcile/ready-line.ts'

interface Item extends Linked<Item> {
  readonly name: number
  priority: Priority
}

const priority = fc.constantFrom<Priority[]>(0, 1, 2)
const steps = fc.array(fc.oneof(fc.record({ push: priority }), fc.constant('take' as const)), {
  maxLength: 300,
})

describe('lines by priority', () => {
  it('give each priority in order, and never pass a waiting one more than ten times in a row', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const lines = new PriorityLines<Item>()
        const waiting: Record<Priority, number[]> = { 0: [], 1: [], 2: [] }
        const passed: Record<Priority, number> = { 0: 0, 1: 0, 2: 0 }
        for (const [name, step] of sequence.entries()) {
          if (step !== 'take') {
            lines.push({ name, priority: step.push, before: undefined, after: undefined })
            waiting[step.push].push(name)
            continue
          }
          const next = lines.next
          const item = lines.take()
          expect(item).toBe(next)
          const all = waiting[0].length + waiting[1].length + waiting[2].length
          if (item === undefined) {
            expect(all).toBe(0)
            continue
          }
          expect(waiting[item.priority].shift()).toBe(item.name)
          for (const each of [0, 1, 2] as const) {
            passed[each] = each === item.priority || waiting[each].length === 0 ? 0 : passed[each] + 1
            expect(passed[each]).toBeLessThanOrEqual(10)
          }
        }
      }),
    )
  })

  it('give higher priorities eight turns of ten when all wait', () => {
    const lines = new PriorityLines<Item>()
    for (let name = 0; name < 100; name += 1) {
      for (const each of [0, 1, 2] as const) {
        lines.push({ name, priority: each, before: undefined, after: undefined })
      }
    }
    const turns = { 0: 0, 1: 0, 2: 0 }
    for (let turn = 0; turn < 100; turn += 1) turns[lines.take()?.priority ?? 0] += 1
    expect(turns).toEqual({ 0: 10, 1: 10, 2: 80 })
  })
})
