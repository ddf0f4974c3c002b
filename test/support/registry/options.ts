import type { LocationStyle } from './location.ts';

/** How a registry lets people in. */
export type AuthOptions =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | BearerOptions;

export interface BearerOptions {
  readonly kind: 'bearer';
  readonly user: string;
  readonly password: string;
  /** What the token server takes by `grant_type=refresh_token`; none unless given. */
  readonly refreshToken?: string;
  /** A token that is good for everything without the token server, until it is expired. */
  readonly fixedToken?: string;
  /** Tokens to pull are given without credentials. */
  readonly isPullAnonymous?: boolean;
  /** The key of the token in the answer to a GET: `token`. */
  readonly tokenField?: 'token' | 'access_token';
  /** Whether POST with grants is understood: true. */
  readonly hasGrants?: boolean;
  /** How many requests a token is good for: any number. */
  readonly tokenUses?: number;
  /** What is answered as `expires_in`; nothing unless given, which means 60 seconds. */
  readonly expiresInSeconds?: number;
  /** What a user (null: nobody) may do in a repository; all of it unless given. */
  readonly permissions?: (user: string | null, repository: string) => readonly string[];
}

export interface RegistryOptions {
  readonly auth?: AuthOptions;
  /** PEM; every server of the registry then speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly location?: LocationStyle;
  /** The query of a Location has nothing that clients in Go write in another way: false. */
  readonly hasPlainState?: boolean;
  /** The registry keeps lists of referrers: true. Otherwise their address is 404 and no OCI-Subject is answered. */
  readonly hasReferrers?: boolean;
  /** Ranges of blobs are served: true. Otherwise everything is sent, with 200. */
  readonly hasRanges?: boolean;
  /** Blobs are fetched from another host by a signed address: false. */
  readonly redirectsBlobs?: boolean;
  /** How many requests a signed address is good for: any number. */
  readonly signedUses?: number;
  /** Blobs of other repositories can be mounted: true. Otherwise an upload is begun. */
  readonly hasMount?: boolean;
  /** POST with `digest` and the whole blob is taken: true. Otherwise an upload is begun, as distribution does. */
  readonly hasSinglePost?: boolean;
  /** An upload goes on where its connection was lost: true. Otherwise it is forgotten then, as distribution does. */
  readonly keepsCutUploads?: boolean;
  /** What is said of an upload that is unknown, or asked for by another address: BLOB_UPLOAD_UNKNOWN. */
  readonly lostUploadCode?: string;
  /** Answered as OCI-Chunk-Min-Length; a shorter chunk that is not the last one is refused. */
  readonly chunkMinBytes?: number;
  /** Bodies with more are refused with 413 and a proxy's HTML. */
  readonly maxBodyBytes?: number;
  /** Refusals are sent before the body was read: false. */
  readonly answersEarly?: boolean;
  /** Bodies of unknown length, and a PATCH of a whole blob without Content-Range, are taken as docker sends them: false. */
  readonly takesStreams?: boolean;
  /** Blobs are held to their digest, which is said of them: true. Otherwise whatever comes is taken for what it should be. */
  readonly hashesBlobs?: boolean;
  /** Manifests whose content is not there are taken: false. It is a violation anyway. */
  readonly takesIncomplete?: boolean;
  /** The most entries in a list of tags or referrers; all unless given. */
  readonly pageSize?: number;
}

/** How the registry of Debian 12 behaves (distribution 2.8), as far as its clients have to mind it. */
export const DISTRIBUTION_2_8 = {
  hasReferrers: false,
  hasSinglePost: false,
  keepsCutUploads: false,
  lostUploadCode: 'BLOB_UPLOAD_INVALID',
} as const satisfies RegistryOptions;
