import { gzipSync } from 'node:zlib'

/** A bundle of these files, as tar writes it. `size` writes another size into every header. */
export function bundleOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  { size }: { readonly size?: string } = {},
): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content)
    const header = Buffer.alloc(512)
    header.write(name, 0, 100)
    header.write('0000644\0', 100)
    header.write(`${size ?? bytes.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('0', 156)
    header.write('ustar\x0000', 257)
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}
