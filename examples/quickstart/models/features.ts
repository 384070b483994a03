/** The features that a model uses from an image of 28 × 28 grey values. */
export interface Features {
  readonly count: number
  extract(image: Float32Array): Float32Array
}

export type FeatureName = 'pixels' | 'strokes'

const side = 28
const cell = 4
const cellsPerSide = side / cell
const directions = 8

/** The image itself. */
const pixels: Features = {
  count: side * side,
  extract: (image) => image,
}

/**
 * The directions of the edges of the ink, counted per cell of 4 × 4 pixels (a histogram of oriented
 * gradients). A stroke that moves by a pixel or becomes thicker looks almost the same.
 */
const strokes: Features = {
  count: cellsPerSide * cellsPerSide * directions,
  extract(image) {
    const histogram = new Float32Array(strokes.count)
    for (let y = 1; y < side - 1; y++) {
      for (let x = 1; x < side - 1; x++) {
        const at = y * side + x
        const dx = (image[at + 1] as number) - (image[at - 1] as number)
        const dy = (image[at + side] as number) - (image[at - side] as number)
        if (dx !== 0 || dy !== 0) addEdge(histogram, x, y, dx, dy)
      }
    }
    return levelled(histogram)
  },
}

/** An edge counts for the four cells around it and for the two nearest directions. Nearer ones get more. */
function addEdge(histogram: Float32Array, x: number, y: number, dx: number, dy: number): void {
  const strength = Math.hypot(dx, dy)
  const turns = nearest(((Math.atan2(dy, dx) / (2 * Math.PI) + 1) % 1) * directions)
  for (const row of cellsNear[y] as readonly Near[]) {
    for (const column of cellsNear[x] as readonly Near[]) {
      const first = (row.index * cellsPerSide + column.index) * directions
      for (const turn of turns) {
        const place = first + (turn.index % directions)
        histogram[place] = (histogram[place] as number) + strength * row.share * column.share * turn.share
      }
    }
  }
}

interface Near {
  readonly index: number
  readonly share: number
}

/** The two whole numbers around a position. The nearer number gets the larger share. */
function nearest(position: number): readonly Near[] {
  const index = Math.floor(position)
  return [
    { index, share: index + 1 - position },
    { index: index + 1, share: position - index },
  ]
}

/** For each row or column of pixels: the rows or columns of cells for which it counts. */
const cellsNear: readonly (readonly Near[])[] = Array.from({ length: side }, (_, pixel) =>
  nearest((pixel + 0.5) / cell - 0.5).filter(({ index }) => index >= 0 && index < cellsPerSide),
)

/** Brings faint and bold writing to the same level. The root limits the effect of one strong edge. */
function levelled(histogram: Float32Array): Float32Array {
  const mean = histogram.reduce((sum, value) => sum + value, 0) / histogram.length
  return mean === 0 ? histogram : histogram.map((value) => Math.sqrt(value / mean) / 2)
}

export const features: Readonly<Record<FeatureName, Features>> = { pixels, strokes }
