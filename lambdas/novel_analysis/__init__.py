"""Workflow novel-analysis: a novel becomes a storyboard."""
