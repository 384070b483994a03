/** An event of a stream, as HTTP carries it. Clients go by the name beside the data. */
export function frame(event: { readonly type: string } & Readonly<Record<string, unknown>>): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}
