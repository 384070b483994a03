import { statfs } from 'node:fs/promises'

/** `f_type` of file systems that only one running system can have mounted, from statfs(2) and magic.h. */
const localTypes: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0xf2f52010, // f2fs
  0x2fc12fc1, // zfs
  0xca451a4e, // bcachefs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
])

/**
 * Whether every process that can use this folder runs on this machine, under one kernel. False for network
 * shares, for folders that a virtual machine shares with its host, and for what is not known.
 */
export async function isOnLocalDisk(folder: string): Promise<boolean> {
  const { type } = await statfs(folder)
  return localTypes.has(type >>> 0)
}
