/** The package's own version, where no package.json can be read; a test holds it to that. */
export const version = "0.1.0";
