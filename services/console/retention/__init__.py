"""The console keeps no case data: what phones kept goes when an officer has settled it."""
