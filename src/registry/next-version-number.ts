/** The number after the greatest among versions, for registries that number by themselves. Other names do not count. */
export function nextVersionNumber(versions: Iterable<string>): string {
  let greatest = 0n
  for (const version of versions) {
    // A number of any length: times written as digits are longer than what a double can count up.
    if (/^\d+$/.test(version) && BigInt(version) > greatest) greatest = BigInt(version)
  }
  return String(greatest + 1n)
}
