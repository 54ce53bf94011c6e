/** Headers by which a service asks in the name of a person: his token, his address. */
export const FOR_TOKEN = 'x-soc-for-token';
export const FOR_ADDRESS = 'x-soc-for-address';
