import type { Priority } from './priority.ts'
import { type Linked, ReadyLine } from './ready-line.ts'

/** A line for each priority. */
export type PriorityLines<Item extends Linked<Item>> = Readonly<Record<Priority, ReadyLine<Item>>>

export function linesByPriority<Item extends Linked<Item>>(): PriorityLines<Item> {
  return { 0: new ReadyLine<Item>(), 1: new ReadyLine<Item>(), 2: new ReadyLine<Item>() }
}

/** The item whose turn is next: of the highest priority, the one that came first. */
export function firstOf<Item extends Linked<Item>>(lines: PriorityLines<Item>): Item | undefined {
  return lines[2].first ?? lines[1].first ?? lines[0].first
}
