import { describe, expect, it } from 'vitest'
import { Bulkhead } from '../../../../../../src/plane/wiring/guards/room/bulkhead.ts'
import { Rooms } from '../../../../../../src/plane/wiring/guards/room/rooms.ts'
import { priorities } from '../../../../../../src/reconcile/priority.ts'
import type { Key } from '../../../../../../src/resources/metadata.ts'

function scene(most = 1) {
  const called: Key[] = []
  const leader = { leads: true }
  const bulkhead = new Bulkhead(most)
  const rooms = new Rooms(bulkhead, {
    priorityOf: () => priorities.drift,
    callFirst: (key) => leader.leads && called.push(key) > 0,
  })
  return { bulkhead, rooms, called, leader }
}

describe('room for what a run sends', () => {
  it('is the run’s until it ends, with room for its calls', () => {
    const { bulkhead, rooms } = scene()
    expect(rooms.take('a/a')).toBe(true)
    expect(rooms.take('a/a')).toBe(true)
    expect(bulkhead.enter('a/a')).toBe(true)
    bulkhead.leave('a/a')
    expect(bulkhead.enter('a/b')).toBe(false)
    rooms.ended('a/a')
    rooms.ended('a/a')
    expect(bulkhead.enter('a/b')).toBe(true)
  })

  it('is kept for the next run of a deployment that found none, which is called back', () => {
    const { bulkhead, rooms, called } = scene()
    bulkhead.enter('a/in')
    expect(rooms.take('a/a')).toBe(false)
    expect(rooms.begun('a/a')).toBe(false)
    rooms.ended('a/a')
    expect(rooms.take('a/a')).toBe(false)
    expect(called).toEqual([])
    bulkhead.leave('a/in')
    expect(called).toEqual(['a/a'])
    expect(bulkhead.enter('a/b')).toBe(false)
    expect(rooms.begun('a/a')).toBe(true)
    expect(rooms.take('a/a')).toBe(true)
    rooms.ended('a/a')
    expect(bulkhead.enter('a/b')).toBe(true)
  })

  it('goes to the next one when the run did not need it', () => {
    const { bulkhead, rooms, called } = scene()
    bulkhead.enter('a/in')
    rooms.take('a/a')
    rooms.take('a/b')
    bulkhead.leave('a/in')
    rooms.begun('a/a')
    rooms.ended('a/a')
    expect(called).toEqual(['a/a', 'a/b'])
  })

  it('that comes while a run goes on is kept for the next run, or used by this one', () => {
    const { bulkhead, rooms, called } = scene()
    bulkhead.enter('a/in')
    rooms.take('a/a')
    bulkhead.leave('a/in')
    rooms.ended('a/a')
    expect(rooms.begun('a/a')).toBe(true)
    rooms.ended('a/a')
    bulkhead.enter('a/in')
    rooms.take('a/a')
    bulkhead.leave('a/in')
    expect(rooms.take('a/a')).toBe(true)
    rooms.ended('a/a')
    expect(rooms.begun('a/a')).toBe(false)
    expect(called).toEqual(['a/a', 'a/a'])
    expect(bulkhead.enter('a/b')).toBe(true)
  })

  it('is kept for nobody who is gone or does not come', () => {
    const { bulkhead, rooms, called, leader } = scene()
    bulkhead.enter('a/in')
    for (const key of ['a/gone', 'a/a', 'a/b', 'a/c'] as const) rooms.take(key)
    rooms.forget('a/gone')
    rooms.forget('a/unknown')
    bulkhead.leave('a/in')
    expect(called).toEqual(['a/a'])
    leader.leads = false
    rooms.nobodyComes()
    expect(called).toEqual(['a/a'])
    expect(bulkhead.enter('a/in')).toBe(true)
    rooms.take('a/d')
    bulkhead.leave('a/in')
    expect(bulkhead.enter('a/in')).toBe(true)
  })
})
