export function findBrowser(environment?: Readonly<Record<string, string | undefined>>, platform?: string): { readonly name: string; readonly program: string } | null;
