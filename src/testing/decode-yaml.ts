import { parse } from 'yaml';
import { type Decoded, decodeObject } from '../cluster/decode.ts';
import { formatDiagnostic } from '../diagnostics/diagnostic.ts';

/** Decodes an object written in YAML. */
export const decodeYaml = (yaml: string): Decoded => decodeObject(parse(yaml));

/** The object that YAML decodes to, which must be understood wholly. */
export function objectFromYaml(yaml: string): unknown {
  const decoded = decodeYaml(yaml);
  if (decoded.outcome !== 'object') throw new Error(`the manifest is ${decoded.outcome}: ${said(decoded).join('; ')}`);
  if (decoded.problems.length > 0) throw new Error(said(decoded).join('; '));
  return decoded.change.object;
}

/** What is said about an object, as people read it. */
export const said = (decoded: Decoded): readonly string[] =>
  decoded.outcome === 'ignored' ? [] : decoded.problems.map(formatDiagnostic);
