const byEnding: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  aac: 'audio/aac',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
}

/** What the ending of an address tells. Undefined when it tells nothing. */
export function mediaTypeIn(address: string): string | undefined {
  const [path = ''] = address.split(/[?#]/)
  const ending = /\.([a-z0-9]{1,5})$/i.exec(path)?.[1]?.toLowerCase()
  return ending === undefined ? undefined : byEnding[ending]
}
