"""What papers and reports published, beside what is measured here; and proofs of why some of it means something else."""

from .proofs import BlackProof, Candidate, WrapProof, black_proof, wrap_proof
from .readers import Found
from .table import STUDIES, Line, Published, csv_text, published, table

__all__ = [
    "STUDIES",
    "BlackProof",
    "Candidate",
    "Found",
    "Line",
    "Published",
    "WrapProof",
    "black_proof",
    "csv_text",
    "published",
    "table",
    "wrap_proof",
]
