import { asObject, asTexts, member } from '../../oci/json-spot.ts';
import { makeFailure } from '../connection/failure.ts';
import { readPages } from './pages.ts';
import { operate, pathOf, type Remote } from './remote.ts';

/** As in `Repository.listTags`. Throws `registry.not-found` where there is no such repository. */
export async function listTags(remote: Remote): Promise<readonly string[]> {
  return operate(remote, 'listing the tags', 0, async (operation) => {
    const target = pathOf(remote, 'tags/list?n=1000');
    const pages = await readPages(remote, { target, scopes: [remote.readScope] }, operation);
    if (pages === null) throw makeFailure('registry.not-found', operation, 'there is no such repository', null);
    return pages.flatMap(({ value, place }) => {
      const root = { value, path: '', place, code: 'registry.bad-content' };
      asObject(root);
      return asTexts(member(root, 'tags'));
    });
  });
}
