/**
 * How the Location of an upload is written: whole (as distribution does), from the root, relative to the request, only its
 * query where that is enough, whole with a fragment behind it, or whole on another host of the registry.
 */
export type LocationStyle = 'absolute' | 'path' | 'relative' | 'query' | 'fragment' | 'other-host';

export interface LocationHosts {
  /** `http://127.0.0.1:1234` */
  readonly own: string;
  readonly other: string;
}

/** Writes where an upload goes on; `from` is the path of the request that is answered. RFC 9110 "Location", RFC 3986 4.2. */
export function writeLocation(
  style: LocationStyle,
  { own, other }: LocationHosts,
  from: string,
  path: string,
  query: string,
): string {
  const folder = from.slice(0, from.lastIndexOf('/') + 1);
  switch (style) {
    case 'absolute':
      return `${own}${path}?${query}`;
    case 'path':
      return `${path}?${query}`;
    case 'query':
      if (from === path) return `?${query}`;
      return writeLocation('relative', { own, other }, from, path, query);
    case 'relative':
      return `${path.startsWith(folder) ? path.slice(folder.length) : path}?${query}`;
    case 'fragment':
      return `${own}${path}?${query}#not-to-be-sent`;
    case 'other-host':
      return `${other}${path}?${query}`;
  }
}
