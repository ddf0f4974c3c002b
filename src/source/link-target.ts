// More than any system follows.
const MOST_HOPS = 255;

/**
 * Whether somebody who follows the symbolic link at `path` leaves the folder at any step, through other links too. `links`
 * are all links of the folder: paths with slashes, and their targets. One that goes in a circle leads nowhere.
 */
export function leadsOutside(path: string, links: ReadonlyMap<string, string>): boolean {
  const ahead = path.split('/');
  const at: string[] = [];
  let hops = 0;
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return true;
      continue;
    }
    const target = links.get([...at, part].join('/'));
    if (target === undefined) {
      at.push(part);
      continue;
    }
    if (target.startsWith('/')) return true;
    hops += 1;
    if (hops > MOST_HOPS) return false;
    ahead.unshift(...target.split('/'));
  }
  return false;
}
