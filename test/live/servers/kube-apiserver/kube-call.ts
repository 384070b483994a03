import { Agent, request } from 'undici'

export interface KubeAccess {
  readonly url: string
  /** In PEM. */
  readonly ca: string
  readonly token: string
}

export interface KubeReply {
  readonly status: number
  /** The parsed JSON, or the text of a reply that is none. */
  readonly body: unknown
}

/** One request to a Kubernetes API server, as the user whose token it is. */
export async function kubeCall(
  { url, ca, token }: KubeAccess,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  content?: { readonly type: string; readonly body: string },
): Promise<KubeReply> {
  const dispatcher = new Agent({ connect: { ca } })
  try {
    const { statusCode, body } = await request(`${url}${path}`, {
      method,
      dispatcher,
      headers: {
        authorization: `Bearer ${token}`,
        ...(content !== undefined && { 'content-type': content.type }),
      },
      ...(content !== undefined && { body: content.body }),
    })
    const text = await body.text()
    return { status: statusCode, body: text.startsWith('{') ? JSON.parse(text) : text }
  } finally {
    await dispatcher.close()
  }
}
