/** Addresses may be signed, or hold a user and a password. A policy sees that there was something. */
export function withoutCredentials(address: string): string {
  return address
    .replace(/\/\/[^/?#]*@/, '//[hidden]@')
    .replace(/\?[^#]*/, (query) => query.replace(/([?&][^=&]*=)[^&]*|([?&])[^=&]+/g, '$1$2[hidden]'))
}
