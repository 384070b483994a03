import type { RangeSeries } from '../../../adapters/prometheus/prometheus-api.ts'

/**
 * Writes samples by Prometheus' remote write protocol 1.0: a message of protocol buffers, packed by snappy. The
 * samples of a series must be new to it, and ascending.
 */
export async function remoteWrite(url: string, series: readonly RangeSeries[]): Promise<void> {
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body: snappy(Buffer.concat(series.map((each) => field(1, timeSeries(each))))),
  })
  if (!response.ok) throw new Error(`remote write answered ${response.status}: ${await response.text()}`)
}

function timeSeries({ labels, points }: RangeSeries): Buffer {
  const sorted = Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1))
  return Buffer.concat([
    ...sorted.map(([name, value]) =>
      field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))])),
    ),
    ...points.map(({ atMs, value }) => {
      const double = Buffer.alloc(8)
      double.writeDoubleLE(value)
      return field(2, Buffer.concat([tag(1, 1), double, tag(2, 0), varint(atMs)]))
    }),
  ])
}

/** A field of bytes with its length. */
function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(number, 2), varint(bytes.length), bytes])
}

function tag(number: number, wireType: number): Buffer {
  return varint(number * 8 + wireType)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

/** Snappy's block format, with literals alone: nothing becomes smaller. */
function snappy(bytes: Buffer): Buffer<ArrayBuffer> {
  const longest = 65_536
  const pieces: Buffer[] = [varint(bytes.length)]
  for (let at = 0; at < bytes.length; at += longest) {
    const piece = bytes.subarray(at, at + longest)
    const head = Buffer.alloc(3)
    // A literal whose length less one stands in the next two bytes.
    head.writeUInt8(61 * 4)
    head.writeUInt16LE(piece.length - 1, 1)
    pieces.push(head, piece)
  }
  return Buffer.concat(pieces)
}
