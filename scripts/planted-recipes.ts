/**
 * The recipes of CONTRIBUTING.md, each followed once with something that is not there: what a person would write,
 * file by file. What follows by itself is no file of a recipe: documents and Filebeat's script are generated.
 */
import type { PlantedRecipe } from './planted-change.ts';
import { FORMAT_RECIPES } from './planted-formats.ts';
import { PART_RECIPES } from './planted-parts.ts';

export const RECIPES: readonly PlantedRecipe[] = [...FORMAT_RECIPES, ...PART_RECIPES];
