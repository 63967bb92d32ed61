/** Table of bundles, a step of the records' schema. */
export const BUNDLES_MIGRATION = `create table bundles (
     tenant_id text not null,
     id text not null,
     version bigint not null,
     document text not null,
     manifest text not null,
     files text not null,
     primary key (tenant_id, id)
   );
   create unique index bundles_by_version on bundles (tenant_id, version);`

/** The table of {@link BUNDLES_MIGRATION}. */
export interface BundleTables {
  readonly bundles: {
    readonly tenant_id: string
    readonly id: string
    readonly version: number
    readonly document: string
    readonly manifest: string
    readonly files: string
  }
}
