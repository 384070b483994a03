/** Options by vendor name. A provider reads only the entry of its own vendor. */
export type VendorOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>
