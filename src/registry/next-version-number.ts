/**
 * The number after the greatest one among `versions`. For registries that number versions. Other names do
 * not count.
 */
export function nextVersionNumber(versions: Iterable<string>): string {
  let greatest = 0n
  for (const version of versions) {
    // BigInt, because a version may be a time written as digits, and a double cannot count that high.
    if (/^\d+$/.test(version) && BigInt(version) > greatest) greatest = BigInt(version)
  }
  return String(greatest + 1n)
}
