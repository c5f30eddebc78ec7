"""Explain a denoiser."""
