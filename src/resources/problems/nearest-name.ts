/**
 * Longer names are not compared: mistyped names are short, and the work grows with the square of the length.
 */
const longest = 64

/**
 * The known name that was most likely meant, or undefined when no name is near enough. One edit is allowed,
 * and one more for every six letters; case does not count. Of equally near names, the first is given.
 */
export function nearestName(written: string, known: Iterable<string>): string | undefined {
  if (written.length > longest) return undefined
  let best: string | undefined
  let bestEdits = Number.POSITIVE_INFINITY
  for (const name of known) {
    if (name.length > longest) continue
    const allowed = 1 + Math.floor(Math.max(name.length, written.length) / 6)
    if (Math.abs(name.length - written.length) > allowed) continue
    const edits = editDistance(written.toLowerCase(), name.toLowerCase())
    if (edits <= allowed && edits < bestEdits) {
      best = name
      bestEdits = edits
    }
  }
  return best
}

/**
 * Counts insertions, deletions, substitutions and swaps of neighbours: Damerau-Levenshtein, optimal string
 * alignment.
 */
export function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = []
  let previous: number[] = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row += 1) {
    const current: number[] = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1]
      let edits = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      )
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      if (row > 1 && column > 1 && swapped) edits = Math.min(edits, at(beforePrevious, column - 2) + 1)
      current.push(edits)
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, right.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
