/**
 * Imported before an example of the README, so that it runs without a network: the vendor `north` is away, and `south`
 * answers in OpenAI's format.
 */

globalThis.fetch = async (url) => {
  if (new URL(String(url)).hostname !== 'south.example') return new Response('', { status: 503 })
  const message = { role: 'assistant', content: 'Hello from south.' }
  const choices = [{ index: 0, message, finish_reason: 'stop' }]
  return Response.json({ id: '1', object: 'chat.completion', created: 1, model: 'large', choices })
}
