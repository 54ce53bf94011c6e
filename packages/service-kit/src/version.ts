/** The product's version, as its services and documents say it. */
export const VERSION = '0.1.0';
