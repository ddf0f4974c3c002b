import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyLayer } from '../../../src/image/files/apply-layer.ts';
import { createTree, setBaseline } from '../../../src/image/files/inode-tree.ts';
import type { LayerItem } from '../../../src/image/files/layer-item.ts';
import { listChanges, type Change } from '../../../src/image/files/list-changes.ts';
import { listFileChanges, listFiles } from '../../../src/image/files/list-files.ts';

function item(name: string, type: LayerItem['type'], dataOffset: number): LayerItem {
  const numbers = { sizeBytes: 0, mode: 0o644, uid: 0, gid: 0, mtime: 0, devMajor: 0, devMinor: 0 };
  return { name, type, linkName: '', userName: '', groupName: '', pax: new Map(), dataOffset, ...numbers };
}

type Step = { readonly path: string; readonly what: 'file' | 'directory' | 'whiteout' | 'opaque' };

/** A layer as a differ could write it: nothing below a file, each path once. */
const NAME = fc.constantFrom('a', 'b', 'c');
const PATH = fc.array(NAME, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const STEP: fc.Arbitrary<Step> = fc.record({
  path: PATH,
  what: fc.constantFrom('file', 'directory', 'directory', 'whiteout', 'opaque'),
});
const LAYER = fc.uniqueArray(STEP, { selector: ({ path }) => path, maxLength: 8 }).map((steps) => {
  const files = steps.filter(({ what }) => what === 'file').map(({ path }) => path);
  return steps.filter(({ path }) => !files.some((file) => path.startsWith(`${file}/`)));
});

function toItems(steps: readonly Step[]): readonly LayerItem[] {
  return steps.map(({ path, what }, index) => {
    if (what === 'opaque') return item(`${path}/.wh..wh..opq`, 'file', index);
    if (what === 'whiteout') return item(path.replace(/[^/]+$/, '.wh.$&'), 'file', index);
    return item(path, what, index);
  });
}

/** A file system as paths: the number of the layer that wrote a file, null for a folder. */
type Model = Map<string, number | null>;

function removeBelow(model: Model, path: string): void {
  for (const key of model.keys()) if (key.startsWith(`${path}/`)) model.delete(key);
}

/** Gives false where a file is in the way of a folder, which every runtime refuses. */
function applyToModel(model: Model, steps: readonly Step[], layer: number): boolean {
  for (const { path, what } of steps) {
    if (what === 'whiteout') model.delete(path);
    if ((what === 'whiteout' || what === 'opaque') && model.get(path) !== undefined) removeBelow(model, path);
    if (what === 'whiteout') removeBelow(model, path);
    if (what === 'opaque') removeBelow(model, path);
  }
  for (const { path, what } of steps) {
    if (what === 'whiteout' || what === 'opaque') continue;
    const parents = path
      .split('/')
      .slice(0, -1)
      .map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    for (const parent of parents) {
      if (typeof model.get(parent) === 'number') return false;
      model.set(parent, null);
    }
    if (what === 'file') removeBelow(model, path);
    model.set(path, what === 'file' ? layer : null);
  }
  return true;
}

/** What a tree holds, in the model's terms. */
function toModel(changes: readonly Change[]): Model {
  return new Map(changes.map((change) => [change.path, change.kind === 'node' ? change.layer : null]));
}

const STACK = fc.array(LAYER, { maxLength: 5 });

test('a stack of layers gives what a model gives that applies them one after another', () => {
  fc.assert(
    fc.property(STACK, (stack) => {
      const model: Model = new Map();
      fc.pre(stack.every((steps, layer) => applyToModel(model, steps, layer)));
      const tree = createTree(1000);
      for (const [layer, steps] of stack.entries()) applyLayer(tree, toItems(steps), layer, 'x');
      const { head, files } = listChanges(tree);
      expect(new Map([...toModel([...head, ...files])].toSorted())).toEqual(new Map([...model].toSorted()));
    }),
    { numRuns: 400 },
  );
});

/** What is left of a path's file apart from the layer's number, which a merge changes. */
function plain(tree: Parameters<typeof listFiles>[0]): readonly string[] {
  return listFiles(tree).map(({ path, type }) => `${path} ${type}`);
}

test('a merge of layers does to those below what the layers did', () => {
  fc.assert(
    fc.property(STACK, fc.nat({ max: 4 }), fc.nat({ max: 4 }), (stack, one, other) => {
      fc.pre(stack.every((steps, layer, all) => layer > 0 || modelOf(all) !== null));
      const [start, end] = [Math.min(one, other, stack.length), Math.min(Math.max(one, other), stack.length)];
      const whole = createTree(1000);
      for (const [layer, steps] of stack.entries()) {
        if (layer === start) setBaseline(whole, start);
        if (layer < end) applyLayer(whole, toItems(steps), layer, 'x');
      }
      if (start >= end) setBaseline(whole, end);
      const { head, files } = listChanges(whole);
      const merged = [...head, ...files].map((change, index) => {
        return item(change.path, change.kind === 'folder' ? 'directory' : 'file', index);
      });
      const rebuilt = createTree(1000);
      for (const [layer, steps] of stack.slice(0, start).entries()) applyLayer(rebuilt, toItems(steps), layer, 'x');
      applyLayer(rebuilt, merged, start, 'x');
      expect(plain(rebuilt)).toEqual(plain(whole));
    }),
    { numRuns: 400 },
  );
});

function modelOf(stack: readonly (readonly Step[])[]): Model | null {
  const model: Model = new Map();
  return stack.every((steps, layer) => applyToModel(model, steps, layer)) ? model : null;
}

test('what one layer did is told by name', () => {
  const tree = createTree(100);
  applyLayer(tree, [item('d/old', 'file', 0), item('f', 'file', 1), item('g', 'file', 2)], 0, 'x');
  setBaseline(tree, 1);
  applyLayer(tree, [item('.wh.d', 'file', 0), item('f', 'file', 1), item('h/i', 'file', 2)], 1, 'x');
  expect(listFileChanges(tree).map(({ path, type, change }) => [path, type, change])).toEqual([
    ['/d', 'directory', 'removed'],
    ['/f', 'file', 'changed'],
    ['/h', 'directory', 'added'],
    ['/h/i', 'file', 'added'],
  ]);
});

test('a tree takes so many files and no more', () => {
  const items = [item('a/b/c/d', 'file', 0)];
  expect(() => applyLayer(createTree(3), items, 0, 'x.tar: layer')).toThrow(
    expect.objectContaining({ code: 'layer.too-many', place: 'x.tar: layer' }),
  );
});
