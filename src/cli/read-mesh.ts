import { statSync } from 'node:fs';
import type { meshSettings, ValuesOf } from '../config.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { createMeshBuilder } from '../mesh/build.ts';
import type { MeshModel } from '../mesh/model.ts';
import { readDirectory } from '../sources/directory/read-directory.ts';
import { Failure } from './failure.ts';
import { meshOptions } from './mesh-options.ts';

/** The mesh that the YAML of a directory makes, and what is wrong with it. */
export function readMesh(
  directory: string,
  settings: ValuesOf<typeof meshSettings>,
): { readonly mesh: MeshModel; readonly problems: readonly Diagnostic[] } {
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) {
    throw new Failure(`there is no ${directory}`, { hint: 'Give the directory, or the file, that the YAML is in.' });
  }
  const state = readDirectory(directory);
  const mesh = createMeshBuilder(meshOptions(settings))(state);
  return { mesh, problems: [...state.problems, ...mesh.diagnostics] };
}
