# SPDX-License-Identifier: BSD-2-Clause
# What is built into GRUB's core, for all images: no module is loaded from the medium. Sourced by bash.
modules=(normal configfile search search_fs_file search_label serial terminal test echo part_gpt part_msdos fat iso9660 multiboot2 minicmd
         loadenv regexp sleep reboot halt ls cat true linux gzio setpci memrw)
modules_bios=(biosdisk vbe)
modules_efi=(efi_gop efi_uga)
