/** Offers a file to the person, as their browser or desktop saves files. */
export function saveFile(content: Blob, fileName: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has taken hold of the content by then; the address would keep it in memory.
  URL.revokeObjectURL(url);
}
